package holder

import (
	"encoding/binary"
	"errors"
	"syscall"
)

// The little of rtnetlink(7) that a black hole needs. All our architectures are little-endian.

// Attribute types that package syscall lacks or that differ by message.
const (
	ifaAddress   = 1
	ifaLocal     = 2
	ifaFlagNoDAD = 0x02
	iflaName     = 3
	iflaLinkInfo = 18
	infoKind     = 1
	infoData     = 2
	vethPeer     = 1
	rtaOutDevice = 4

	loopbackIndex = 1 // in every network namespace
)

// attribute encodes one; nested ones are just content.
func attribute(kind uint16, content ...byte) []byte {
	b := make([]byte, 4, 4+len(content)+3)
	binary.LittleEndian.PutUint16(b, uint16(4+len(content)))
	binary.LittleEndian.PutUint16(b[2:], kind)
	b = append(b, content...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func number(n uint32) []byte {
	b := make([]byte, 4)
	binary.LittleEndian.PutUint32(b, n)
	return b
}

// linkMessage is struct ifinfomsg.
func linkMessage(index int, flags uint32) []byte {
	b := make([]byte, 16)
	binary.LittleEndian.PutUint32(b[4:], uint32(index))
	binary.LittleEndian.PutUint32(b[8:], flags)
	binary.LittleEndian.PutUint32(b[12:], flags) // change these only
	return b
}

// addressMessage is struct ifaddrmsg with the address.
func addressMessage(family uint8, address []byte, index int) []byte {
	b := []byte{family, uint8(8 * len(address)), ifaFlagNoDAD, syscall.RT_SCOPE_UNIVERSE}
	b = append(b, number(uint32(index))...)
	b = append(b, attribute(ifaLocal, address...)...)
	return append(b, attribute(ifaAddress, address...)...)
}

// defaultRouteMessage is struct rtmsg for "default dev".
func defaultRouteMessage(family uint8, index int) []byte {
	scope := uint8(syscall.RT_SCOPE_LINK)
	if family == syscall.AF_INET6 {
		scope = syscall.RT_SCOPE_UNIVERSE
	}
	b := []byte{family, 0, 0, 0, syscall.RT_TABLE_MAIN, syscall.RTPROT_BOOT, scope, syscall.RTN_UNICAST, 0, 0, 0, 0}
	return append(b, attribute(rtaOutDevice, number(uint32(index))...)...)
}

// localRouteMessage is struct rtmsg for "local default dev lo": every address is this machine's own.
func localRouteMessage(family uint8) []byte {
	b := []byte{family, 0, 0, 0, syscall.RT_TABLE_LOCAL, syscall.RTPROT_BOOT, syscall.RT_SCOPE_HOST, syscall.RTN_LOCAL, 0, 0, 0, 0}
	return append(b, attribute(rtaOutDevice, number(loopbackIndex)...)...)
}

// deviceMessage asks for a new device. A veth needs a peer; both stay in this namespace.
func deviceMessage(kind, name string, index int, peer string, peerIndex int) []byte {
	info := attribute(infoKind, []byte(kind)...)
	if peer != "" {
		end := append(linkMessage(peerIndex, 0), attribute(iflaName, append([]byte(peer), 0)...)...)
		info = append(info, attribute(infoData, attribute(vethPeer, end...)...)...)
	}
	b := append(linkMessage(index, 0), attribute(iflaName, append([]byte(name), 0)...)...)
	return append(b, attribute(iflaLinkInfo, info...)...)
}

// request sends one message and waits for the kernel's verdict.
func request(kind uint16, flags uint16, body []byte) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	header := make([]byte, syscall.NLMSG_HDRLEN)
	binary.LittleEndian.PutUint32(header, uint32(len(header)+len(body)))
	binary.LittleEndian.PutUint16(header[4:], kind)
	binary.LittleEndian.PutUint16(header[6:], flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	if err := syscall.Sendto(fd, append(header, body...), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 8192)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(answer[:n])
	if err != nil || len(messages) == 0 || messages[0].Header.Type != syscall.NLMSG_ERROR || len(messages[0].Data) < 4 {
		return errors.New("the kernel's answer makes no sense")
	}
	if code := int32(binary.LittleEndian.Uint32(messages[0].Data)); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

func create(kind uint16, body []byte) error {
	err := request(kind, syscall.NLM_F_CREATE|syscall.NLM_F_EXCL, body)
	if err == syscall.EEXIST {
		return nil
	}
	return err
}
